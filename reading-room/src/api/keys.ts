/** The names of what the query cache holds; the feed invalidates by the same names. */
import type { View } from './types'

export const kept = {
  me: ['me'] as const,
  ways: ['ways'] as const,
  worklists: ['worklist'] as const,
  worklist: (view: View) => ['worklist', view] as const,
  task: (id: string) => ['task', id] as const,
  detail: (id: string) => ['task', id, 'detail'] as const,
  draft: (id: string) => ['draft', id] as const,
  reports: (id: string) => ['task', id, 'reports'] as const,
  history: (id: string) => ['task', id, 'history'] as const,
  timeline: (id: string) => ['task', id, 'timeline'] as const,
  taskDeliveries: (id: string) => ['task', id, 'deliveries'] as const,
  series: (id: string, study: string) => ['series', id, study] as const,
  deliveries: ['deliveries'] as const,
  arrivals: ['arrivals'] as const,
  patients: ['patients'] as const,
  audit: ['audit'] as const,
  archive: ['archive'] as const,
  quarantine: ['quarantine'] as const,
  transfers: ['transfers'] as const,
  imports: ['imports'] as const,
}
