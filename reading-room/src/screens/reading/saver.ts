/**
 * Keeps what is written on the server while it is written: a moment after the last change, one
 * request at a time. When the lease is lost it stops and says so; what is written stays.
 */
import { Refusal } from '../../api/client'
import type { Draft, Lease, Measurement } from '../../api/types'
import type { Written } from './queries'

export type Saving =
  | { kind: 'clean' }
  | { kind: 'waiting' }
  | { kind: 'saving' }
  | { kind: 'saved'; at: string }
  | { kind: 'failed'; error: unknown }
  | { kind: 'lost' }

export type Measured = ReadonlyMap<string, Measurement[]>

const valuesOf = (draft: Draft): Measured =>
  new Map(draft.annotations.map((one) => [one.tracking_uid, one.measurements ?? []]))

const PAUSE = 800 // milliseconds after the last change
const RETRY = 4000

export class DraftSaver {
  #saving: Saving = { kind: 'clean' }
  #measured: Measured = new Map()
  #written: Written | null = null
  #kept = ''
  #lease: Lease | null = null
  #timer: ReturnType<typeof setTimeout> | null = null
  #underWay: Promise<void> | null = null
  /** The newest revision of the draft that is known here. */
  revision = 0
  readonly #listeners = new Set<() => void>()
  readonly #put: (lease: Lease, written: Written) => Promise<Draft>

  constructor(put: (lease: Lease, written: Written) => Promise<Draft>) {
    this.#put = put
  }

  /** What the server measured on each annotation, by its tracking UID. */
  get measured(): Measured {
    return this.#measured
  }

  get saving(): Saving {
    return this.#saving
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** What the server has already. */
  start(written: Written, draft: Draft): void {
    this.#written = written
    this.#kept = JSON.stringify(written)
    this.revision = draft.revision
    this.#measured = valuesOf(draft)
    this.#say(draft.saved_at == null ? { kind: 'clean' } : { kind: 'saved', at: draft.saved_at })
  }

  /** Under which lease to save from now on; null is none. */
  under(lease: Lease | null): void {
    this.#lease = lease
    if (lease !== null && this.#saving.kind === 'lost') this.#later(0)
  }

  /** The lease is gone. */
  lose(): void {
    this.#lease = null
    this.#quiet()
    this.#say({ kind: 'lost' })
  }

  change(written: Written): void {
    this.#written = written
    if (this.#saving.kind === 'lost' || JSON.stringify(written) === this.#kept) return
    this.#say({ kind: 'waiting' })
    this.#later(PAUSE)
  }

  get unsaved(): boolean {
    return this.#written !== null && JSON.stringify(this.#written) !== this.#kept
  }

  /** Saves now whatever is not saved; afterwards `saving` tells how it went. */
  async flush(): Promise<void> {
    this.#quiet()
    while (this.#underWay !== null) await this.#underWay
    if (!this.unsaved || this.#saving.kind === 'lost') return
    this.#underWay = this.#save().finally(() => (this.#underWay = null))
    await this.#underWay
  }

  async #save(): Promise<void> {
    const written = this.#written
    if (written === null || this.#lease === null) return
    const text = JSON.stringify(written)
    this.#say({ kind: 'saving' })
    try {
      const draft = await this.#put(this.#lease, written)
      this.#kept = text
      this.revision = draft.revision
      this.#measured = valuesOf(draft)
      this.#say(
        this.unsaved
          ? { kind: 'waiting' }
          : { kind: 'saved', at: draft.saved_at ?? new Date().toISOString() },
      )
      if (this.unsaved) this.#later(PAUSE)
    } catch (error) {
      if (error instanceof Refusal && error.because('lease_lost')) {
        this.lose()
        return
      }
      this.#say({ kind: 'failed', error })
      if (error instanceof Refusal && error.unreachable) this.#later(RETRY)
    }
  }

  #later(milliseconds: number): void {
    this.#quiet()
    this.#timer = setTimeout(() => {
      if (this.#saving.kind === 'lost') this.#say({ kind: 'waiting' })
      void this.flush()
    }, milliseconds)
  }

  #quiet(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #say(saving: Saving): void {
    this.#saving = saving
    this.#listeners.forEach((listener) => listener())
  }
}
