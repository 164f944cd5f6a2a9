/** What the archive's and the transfers' routes answer; times are ISO 8601 in UTC. */

export interface Storage {
  hospital_id: string
  hospital_name: string
  studies: number
  instances: number
  bytes: number
  warn_bytes: number | null
  limit_bytes: number | null
  retention_years: number | null
  holds: number
  damaged: number
  quarantined: number
}

export interface Minute {
  minute: string
  instances: number
  bytes: number
}

export interface IntakeRate {
  now: string
  minutes: Minute[]
}

export interface Scrub {
  paused: boolean
  running: boolean
  began_at: string | null
  ended_at: string | null
  packs_read: number
  packs: number
  bytes_read: number
  damaged: number
}

export interface Damaged {
  study_id: string
  study_instance_uid: string
  sop_instance_uid: string
  found_at: string
}

export type Availability = 'online' | 'nearline' | 'offline'

export interface StudyShown {
  study_id: string
  study_instance_uid: string
  patient_number: string
  patient_name: string
  birth_date: string | null
  accession_number: string
  study_at: string | null
  description: string
  modalities: string[]
  series_count: number
  instance_count: number
  bytes: number
  state: 'arriving' | 'at_rest'
  availability: Availability
  cache_days: number | null
  evict_at: string | null
  corrected: boolean
  damaged: boolean
  on_hold: boolean
}

export interface StudiesShown {
  studies: StudyShown[]
  more: boolean
}

export interface Search {
  patient_number: string
  patient_name: string
  accession_number: string
  modality: string
}

export type HeldState = 'held' | 'readmitted' | 'discarded'

export interface Held {
  id: string
  sender: string
  protocol: string
  reason: string
  sentence: string
  bytes: number
  uid: string
  received_at: string
  state: HeldState
  resolution: string
}

/** The DICOM JSON model (PS3.18 Annex F), as far as it is shown. */
export type Header = Record<string, { vr: string; Value?: unknown[] }>

export interface Proof {
  id: string
  certificate: Record<string, unknown>
  seal: string
}

export type TransferState = 'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled'
export type Move = 'pause' | 'resume' | 'cancel' | 'retry'
export type Direction = 'send' | 'fetch'

export interface Transfer {
  id: string
  endpoint_id: string
  direction: Direction
  study_instance_uid: string
  priority: 'urgent' | 'bulk'
  asked_by: string
  state: TransferState
  listed: boolean
  total: number
  done: number
  failed: number
  bytes: number
  last_error: string
  asked_at: string
  started_at: string | null
  ended_at: string | null
  moves: Move[]
}

export interface EndpointRule {
  endpoint_id: string
  application: string
  associations: number
  megabits: number | null
  windows: string[]
  fetch_by: 'move' | 'get' | 'web'
  commits: boolean
  bulk_may_run: boolean
  opens_at: string
}

export interface Brought {
  id: string
  state: 'waiting' | 'running' | 'finished' | 'failed'
  sentence: string
  bytes: number
  asked_at: string
  ended_at: string | null
  seen: number
  stored: number
  repeated: number
  refused: number
  others: number
  refusals: { name: string; reason: string; sentence: string }[]
}
