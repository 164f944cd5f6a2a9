/**
 * The live feed, kept open: resumes after the last event it saw, so that nothing is missed, and
 * takes silence of longer than two heartbeats for a lost connection.
 */
import type { FeedEvent, FeedTopic } from '../api/types'
import { FrameReader, type Frame } from './parse'

export interface FeedStatus {
  live: boolean
  /** When something was heard last; what is on screen is true as of then. */
  heardAt: number | null
}

export type OnFeedEvent = (topic: FeedTopic, event: FeedEvent) => void

interface Settings {
  url: string
  /** Longest silence in milliseconds; the server says something every 10 s. */
  silence: number
  /** Pauses between attempts in milliseconds; the last one repeats. */
  pauses: readonly number[]
}

const usual: Settings = { url: '/api/feed', silence: 25_000, pauses: [250, 500, 1000, 2000, 4000] }

export class FeedConnection {
  #status: FeedStatus = { live: false, heardAt: null }
  #position: string | null = null
  #stop = new AbortController()
  #running = false
  readonly #statusListeners = new Set<() => void>()
  readonly #eventListeners = new Set<OnFeedEvent>()
  readonly #settings: Settings

  constructor(settings: Partial<Settings> = {}) {
    this.#settings = { ...usual, ...settings }
  }

  get status(): FeedStatus {
    return this.#status
  }

  onStatus = (listener: () => void): (() => void) => {
    this.#statusListeners.add(listener)
    return () => void this.#statusListeners.delete(listener)
  }

  onEvent = (listener: OnFeedEvent): (() => void) => {
    this.#eventListeners.add(listener)
    return () => void this.#eventListeners.delete(listener)
  }

  open(): void {
    if (this.#running) return
    this.#running = true
    this.#stop = new AbortController()
    void this.#follow(this.#stop.signal)
  }

  close(): void {
    this.#running = false
    this.#stop.abort()
    this.#say({ live: false, heardAt: this.#status.heardAt })
  }

  async #follow(stop: AbortSignal): Promise<void> {
    let attempt = 0
    while (!stop.aborted) {
      try {
        await this.#listen(stop, () => (attempt = 0))
      } catch {
        // a lost connection is what this loop is for
      }
      this.#say({ live: false, heardAt: this.#status.heardAt })
      const { pauses } = this.#settings
      await pause(pauses[Math.min(attempt, pauses.length - 1)] ?? 1000, stop)
      attempt += 1
    }
  }

  async #listen(stop: AbortSignal, heard: () => void): Promise<void> {
    const silence = new AbortController()
    let watch = setTimeout(() => silence.abort(), this.#settings.silence)
    const headers: Record<string, string> = { Accept: 'text/event-stream' }
    if (this.#position !== null) headers['Last-Event-ID'] = this.#position
    try {
      const answer = await fetch(this.#settings.url, {
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        signal: AbortSignal.any([stop, silence.signal]),
      })
      if (!answer.ok || answer.body === null) return
      const frames = new FrameReader()
      const bytes = answer.body.pipeThrough(new TextDecoderStream()).getReader()
      for (let next = await bytes.read(); !next.done; next = await bytes.read()) {
        clearTimeout(watch)
        watch = setTimeout(() => silence.abort(), this.#settings.silence)
        heard()
        this.#say({ live: true, heardAt: Date.now() })
        frames.read(next.value).forEach((frame) => this.#tell(frame))
      }
    } finally {
      clearTimeout(watch)
    }
  }

  #tell(frame: Frame): void {
    if (frame.id !== null) this.#position = frame.id
    if (frame.data === '') return
    let event: FeedEvent
    try {
      event = JSON.parse(frame.data) as FeedEvent
    } catch {
      return // a frame that is not JSON is not ours
    }
    this.#eventListeners.forEach((listener) => listener(frame.event as FeedTopic, event))
  }

  #say(status: FeedStatus): void {
    this.#status = status
    this.#statusListeners.forEach((listener) => listener())
  }
}

function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    stop.addEventListener('abort', end, { once: true })
  })
}
