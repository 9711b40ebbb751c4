// Which nodes of the lineage are roots and which are victims of what is open now.
import type { IncidentRow } from '../api/types'

/** A root that is another one's victim too stays a root: there it can be cured. */
export function marks(incidents: IncidentRow[]): Map<string, string> {
  const out = new Map<string, string>()
  for (const { harm } of incidents) for (const node of harm.victim_nodes) out.set(node, 'victim')
  for (const { subject } of incidents) if (subject.node !== null) out.set(subject.node, 'root')
  return out
}

/** The incidents that a node is the root or a victim of, the former first. */
export function of(incidents: IncidentRow[], node: string): { row: IncidentRow; part: string }[] {
  const root = incidents.filter((row) => row.subject.node === node)
  const victim = incidents.filter((row) => row.subject.node !== node && row.harm.victim_nodes.includes(node))
  return [...root.map((row) => ({ row, part: 'root' })), ...victim.map((row) => ({ row, part: 'victim' }))]
}
