// Texts that the server writes (why something is unknown, from what an edge is known) come in
// English. Those of known shape are said in Chinese here; others are shown as they came.
import { lang } from './index'

const shapes: [RegExp, string][] = []

export function serverText(text: string): string {
  if (lang() === 'en') return text
  for (const [shape, zh] of shapes) {
    if (shape.test(text)) return text.replace(shape, zh)
  }
  return text
}
