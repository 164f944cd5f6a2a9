/** The right to work on a task: renewed while the task is open, and what to say when it ends. */
import { Refusal } from '../../api/client'
import type { Lease } from '../../api/types'

export type Hold =
  | { kind: 'none' }
  | { kind: 'held'; lease: Lease; unsure: boolean }
  | { kind: 'lost' }

const EVERY = 20_000 // milliseconds; the lease lasts 90 s
const EVERY_WHEN_UNSURE = 4_000

export class LeaseKeeper {
  #hold: Hold = { kind: 'none' }
  #timer: ReturnType<typeof setTimeout> | null = null
  readonly #listeners = new Set<() => void>()
  readonly #renew: (lease: Lease) => Promise<Lease>

  constructor(renew: (lease: Lease) => Promise<Lease>) {
    this.#renew = renew
  }

  get hold(): Hold {
    return this.#hold
  }

  listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  take(lease: Lease): void {
    this.#say({ kind: 'held', lease, unsure: false })
    this.#later(EVERY)
  }

  /** The server said that the lease is over. */
  lose(): void {
    this.#quiet()
    this.#say({ kind: 'lost' })
  }

  /** Given back or signed: nothing is lost. */
  letGo(): void {
    this.#quiet()
    this.#say({ kind: 'none' })
  }

  /** Stops renewing, without saying anything. */
  stop(): void {
    this.#quiet()
  }

  async #beat(): Promise<void> {
    const hold = this.#hold
    if (hold.kind !== 'held') return
    try {
      const lease = await this.#renew(hold.lease)
      if (this.#hold.kind !== 'held') return
      this.#say({ kind: 'held', lease, unsure: false })
      this.#later(EVERY)
    } catch (error) {
      if (this.#hold.kind !== 'held') return
      if (error instanceof Refusal && !error.unreachable) {
        this.lose()
        return
      }
      this.#say({ ...hold, unsure: true })
      this.#later(EVERY_WHEN_UNSURE)
    }
  }

  #later(milliseconds: number): void {
    this.#quiet()
    this.#timer = setTimeout(() => void this.#beat(), milliseconds)
  }

  #quiet(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  #say(hold: Hold): void {
    this.#hold = hold
    this.#listeners.forEach((listener) => listener())
  }
}
