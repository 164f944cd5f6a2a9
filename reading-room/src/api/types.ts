/** The shapes of the server's answers and requests; times are ISO 8601 in UTC. */

export type Role = 'radiologist' | 'resident' | 'pacs_administrator' | 'privacy_officer' | 'planner'
export type TaskState =
  | 'expected'
  | 'incomplete'
  | 'available'
  | 'claimed'
  | 'drafted'
  | 'preliminary'
  | 'final'
  | 'delivered'
  | 'cancelled'
export type Urgency = 'stroke' | 'acute' | 'urgent' | 'routine'
export type HeldBack =
  | 'no_order'
  | 'no_images'
  | 'arriving'
  | 'no_agreement'
  | 'no_consent'
  | 'consent_denied'
  | 'patient_mismatch'
  | 'rejected'
export type DeliveryKind = 'status' | 'report' | 'measurements' | 'annotations' | 'commitment' | 'availability'
export type DeliveryState = 'owed' | 'acknowledged' | 'refused' | 'withdrawn'
export type ConsentDecision = 'permit' | 'deny'
export type View = 'open' | 'mine' | 'done' | 'all'

export interface DemoReader {
  username: string
  name: string
  hospital_id: string
  hospital_name: string
  roles: Role[]
  password: string
}

export interface Ways {
  local: boolean
  oidc: boolean
  oidc_name?: string
  demo_readers?: DemoReader[]
}

export interface Me {
  id: string
  username: string
  name: string
  hospital_id: string
  hospital_name: string
  roles: Role[]
  may_report: boolean
  may_sign_final: boolean
}

/** Who somebody is, as one hospital or one image says. */
export interface Identity {
  name: string
  number: string
  birth_date: string | null
  sex: string
}

export interface Patient extends Identity {
  age: number | null
}

export interface Holder {
  id: string
  name: string
  hospital_name: string
  ends_at: string
}

export interface DeliveryCounts {
  owed: number
  acknowledged: number
  refused: number
}

export interface Task {
  id: string
  hospital_id: string
  hospital_name: string
  state: TaskState
  urgency: Urgency
  purpose: string
  modality: string
  body_region: string
  procedure_nl: string
  procedure_en: string
  form: string
  patient: Patient | null
  accession_number: string
  study_instance_uid: string | null
  study_id: string | null
  description: string
  study_at: string | null
  series_count: number
  instance_count: number
  images_state: 'none' | 'arriving' | 'at_rest'
  late_images: number
  held_back: HeldBack[]
  held_back_sentences?: string[]
  remedies?: string[]
  offered_to: string[]
  due_at: string | null
  made_at: string
  changed_at: string
  holder: Holder | null
  mine: boolean
  may_claim: boolean
  why_not: string[]
  prior_count: number
  deliveries: DeliveryCounts
}

export interface Worklist {
  tasks: Task[]
  position: string
}

export interface Order {
  question: string
  referrer: string
  procedure_text: string
  procedure_code: string
  requested_at: string | null
  accession_number: string
  patient: Identity | null
}

/** The right to work on a task; a higher fence wins. */
export interface Lease {
  token: string
  fence: number
  ends_at: string
}

export interface TaskDetail extends Task {
  order: Order | null
  image_patient: Identity | null
  mismatch: string[]
  lease: Lease | null
  consent: { decision: ConsentDecision; source: string; since: string } | null
  agreement: { id: string; version: number; tariff_cents: number } | null
}

export const SECTIONS = ['clinical', 'technique', 'comparison', 'findings', 'impression'] as const
export type Section = (typeof SECTIONS)[number]
export type Sections = Record<Section, string>

export type ToolName = 'Length' | 'EllipticalROI'
export type ImagePoint = [column: number, row: number]

export interface Measurement {
  name: 'length' | 'area' | 'mean' | 'standard_deviation'
  value: number
  unit: string
}

/** Something drawn; points in pixels, (0, 0) the top left corner of the image (PS3.3 C.18.6.1.1). */
export interface DrawnAnnotation {
  tracking_uid: string
  tool: ToolName
  study_instance_uid: string
  series_instance_uid: string
  sop_instance_uid: string
  frame: number
  points: ImagePoint[]
  label: string
}

export interface Annotation extends DrawnAnnotation {
  measurements?: Measurement[]
}

export interface Draft {
  sections: Partial<Sections>
  annotations: Annotation[]
  revision: number
  saved_at?: string | null
  author?: string | null
}

export type ReportStatus = 'final' | 'preliminary'

export interface Report {
  id: string
  version: number
  status: ReportStatus
  author: { name: string; hospital_name: string }
  signed_at: string
  sections: Partial<Sections>
  annotations: Annotation[]
  language: string
}

export interface Delivery {
  id: string
  kind: DeliveryKind
  label: string
  endpoint_id: string
  hospital_id: string
  state: DeliveryState
  attempts: number
  next_attempt_at: string | null
  last_error: string
  acknowledgement: string
  owed_at: string
  acknowledged_at: string | null
  task_id: string | null
}

export interface DeliveryRow extends Delivery {
  procedure_nl: string
  hospital_name: string
}

export interface HistoryLine {
  at: string
  what: string
  actor: string | null
  to_state: TaskState
  reason: string
}

export type PriorReason = 'same_region' | 'same_modality' | 'recent' | 'other'

export interface TimelineStudy {
  study_id: string
  study_instance_uid: string
  hospital_id: string
  hospital_name: string
  study_at: string | null
  description: string
  procedure_nl: string
  procedure_en: string
  modality: string
  modalities: string[]
  body_region: string
  series_count: number
  instance_count: number
  current: boolean
  relevance: number
  why: PriorReason
  has_annotations: boolean
  report: Report | null
}

export interface HiddenStudies {
  hospital_id: string
  hospital_name: string
  count: number
  reason: string
  sentence: string
  remedy: string
}

export interface Timeline {
  studies: TimelineStudy[]
  hidden: HiddenStudies[]
}

export interface StudyArrival {
  study_id: string
  hospital_id: string
  hospital_name: string
  study_instance_uid: string
  state: 'arriving' | 'at_rest'
  instance_count: number
  series_count: number
  accession_number: string
  description: string
  modalities: string[]
  first_received_at: string
  last_received_at: string
  matched: boolean
  situation: 'arriving' | 'unmatched' | 'matched' | 'held'
}

export interface WaitingOrder {
  order_id: string
  hospital_id: string
  accession_number: string
  procedure_text: string
  urgency: Urgency
  state: string
  received_at: string
}

export interface Quarantined {
  id: string
  hospital_id: string
  sender: string
  protocol: string
  reason: string
  sentence: string
  bytes: number
  uid: string | null
  received_at: string
  state: string
}

export interface Arrivals {
  studies: StudyArrival[]
  orders: WaitingOrder[]
  quarantine: Quarantined[]
}

export interface PatientConsent {
  patient_id: string
  number: string
  name: string
  birth_date: string | null
  consent: { decision: ConsentDecision; source: string; since: string; reason?: string } | null
}

export interface AuditLine {
  at: string
  reader: string | null
  reader_hospital: string | null
  action: string
  purpose: string
  subject_kind: string
  subject_id: string
  allowed: boolean
  reasons: string[]
}

export type FeedTopic =
  | 'task'
  | 'delivery'
  | 'study'
  | 'order'
  | 'quarantine'
  | 'report'
  | 'instance'
  | 'transfer'
  | 'import'
  | 'hello'

/** One thing that happened, as the feed tells it. */
export interface FeedEvent {
  kind: string
  subject: string
  hospital_id?: string | null
  task_id?: string | null
  facts?: Record<string, unknown>
}
