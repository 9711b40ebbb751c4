// Light or dark: as the system says until the reader chooses. A liking of the eye, not a state
// of what is shown, so it is kept by the browser and not in the address.
import { useState } from 'preact/hooks'

export type Theme = 'light' | 'dark'
const KEY = 'streamwarden.theme'

const chosen = (): Theme | null => {
  try {
    const kept = localStorage.getItem(KEY)
    return kept === 'light' || kept === 'dark' ? kept : null
  } catch {
    return null
  }
}

export const theme = (): Theme => chosen() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')

function apply(next: Theme | null) {
  const root = document.documentElement
  if (next === null) delete root.dataset['theme']
  else root.dataset['theme'] = next
}

export const startTheme = () => apply(chosen())

export function useTheme(): [Theme, () => void] {
  const [now, set] = useState(theme)
  const toggle = () => {
    const next = now === 'dark' ? 'light' : 'dark'
    try {
      localStorage.setItem(KEY, next)
    } catch {
      // Storage may be denied: then it holds for this page only.
    }
    apply(next)
    set(next)
    dispatchEvent(new Event('themechange'))
  }
  return [now, toggle]
}
