// Choosing a node: jobs as the server finds them, topics of what is drawn.
import { useEffect, useState } from 'preact/hooks'
import { address } from '../api/client'
import type { JobList, NodeView } from '../api/types'
import { useApi } from '../api/use'
import { t, word } from '../i18n'

interface Found {
  id: string
  name: string
  where: string
}
const MOST = 8
let made = 0

export function Search(props: { label: string; value: string; nodes: NodeView[]; pick: (id: string) => void }) {
  // Null: nothing is being typed. What is chosen may change under the reader, what is typed may not.
  const [typed, setTyped] = useState<string | null>(null)
  const text = typed ?? props.value
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const [listId] = useState(() => `found-${(made += 1)}`)
  const asked = useSettled(text, 150)
  const jobs = useApi<JobList>(open ? address('jobs', { q: asked, limit: MOST }) : null, false).data
  const found = open ? all(jobs, props.nodes, text) : []
  const close = () => {
    setOpen(false)
    setTyped(null)
  }
  const pick = (one: Found | undefined) => {
    if (one === undefined) return
    close()
    props.pick(one.id)
  }
  const key = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') setActive((n) => Math.min(found.length - 1, n + 1))
    else if (event.key === 'ArrowUp') setActive((n) => Math.max(0, n - 1))
    else if (event.key === 'Enter') pick(found[active])
    else if (event.key === 'Escape') close()
    else return
    if (event.key !== 'Escape') event.preventDefault()
    if (event.key.startsWith('Arrow')) setOpen(true)
  }
  return (
    <span class="search">
      <input
        type="search"
        role="combobox"
        aria-label={props.label}
        placeholder={props.label}
        aria-expanded={open && found.length > 0}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={found[active] ? `${listId}-${active}` : undefined}
        value={text}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => {
          setTyped(event.currentTarget.value)
          setActive(0)
          setOpen(true)
        }}
        onClick={() => setOpen(true)}
        onKeyDown={key}
        onBlur={close}
      />
      <ul id={listId} role="listbox" aria-label={props.label} hidden={found.length === 0}>
        {found.map((one, i) => (
          // The pointer goes down before the field loses focus and the list closes.
          <li
            key={one.id}
            id={`${listId}-${i}`}
            role="option"
            aria-selected={i === active}
            onMouseDown={(event) => (event.preventDefault(), pick(one))}
          >
            <span class="clip">{one.name}</span> <span class="soft">{one.where}</span>
          </li>
        ))}
      </ul>
    </span>
  )
}

function all(jobs: JobList | null, nodes: NodeView[], text: string): Found[] {
  const found = (jobs?.jobs ?? []).map((job) => ({
    id: job.id,
    name: job.name,
    where: `${t('kind_job')} · ${job.cluster}`,
  }))
  const topics = nodes
    .filter((node) => node.kind !== 'job' && node.name.toLowerCase().includes(text.toLowerCase()))
    .map((node) => ({ id: node.id, name: node.name, where: `${word('kind', node.kind)} · ${node.cluster}` }))
  return [...found, ...topics].slice(0, MOST + 4)
}

/** The value once it has not changed for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, set] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => set(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
