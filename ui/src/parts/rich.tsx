import type { ComponentChildren } from 'preact'
import { type Key, parts } from '../i18n'

/** A text with elements in its places. */
export function Rich(props: { k: Key; with: Record<string, ComponentChildren> }) {
  return <>{parts(props.k).map((piece) => piece.text ?? props.with[piece.place ?? ''])}</>
}
