// What turns text around or cannot be seen is shown as a replacement, as everywhere else: text of
// the estate is hostile. Once for all that the page renders.
import { type VNode, options } from 'preact'

/** The characters that `plain` of the server replaces. */
const BAD = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu
const SHOWN = ['title', 'aria-label', 'alt', 'placeholder']

export const plain = (text: string): string => text.replace(BAD, (one) => (one === '\n' || one === '\t' ? one : '\ufffd'))

/** Each text and each attribute that is read, whoever made it. */
export function startPlain(): void {
  const before = options.vnode
  options.vnode = (vnode: VNode) => {
    const made = vnode as { type: unknown; props: unknown }
    if (made.type === null && typeof made.props === 'string') made.props = plain(made.props)
    if (typeof made.type === 'string' && typeof made.props === 'object' && made.props !== null) {
      const props = made.props as Record<string, unknown>
      for (const name of SHOWN) if (typeof props[name] === 'string') props[name] = plain(props[name])
    }
    before?.(vnode)
  }
}
