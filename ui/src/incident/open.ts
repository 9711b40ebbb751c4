// The incidents that are open now, for the screens that only point at them.
import { address } from '../api/client'
import type { IncidentList, IncidentRow } from '../api/types'
import { useApi } from '../api/use'

/** More than these are not marked elsewhere; the list of incidents has them all. */
const MOST = 100

export const isOpen = (row: IncidentRow) => row.state !== 'closed'

export function useIncidents(): IncidentRow[] {
  return useApi<IncidentList>(address('incidents', { state: 'open', limit: MOST })).data?.incidents ?? none
}

const none: IncidentRow[] = []
