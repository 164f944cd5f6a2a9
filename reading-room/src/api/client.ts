/** Asks the server; every no comes back as one class with a sentence for the reader. */

interface RefusalBody {
  sentence?: string
  reasons?: string[]
  remedies?: string[]
  trace?: string
}

/** The server said no, or could not be reached (status 0). */
export class Refusal extends Error {
  readonly status: number
  readonly reasons: readonly string[]
  readonly remedies: readonly string[]
  readonly trace: string

  constructor(status: number, body: RefusalBody) {
    super(body.sentence ?? '')
    this.name = 'Refusal'
    this.status = status
    this.reasons = body.reasons ?? []
    this.remedies = body.remedies ?? []
    this.trace = body.trace ?? ''
  }

  because(reason: string): boolean {
    return this.reasons.includes(reason)
  }

  get unreachable(): boolean {
    return this.status === 0 || this.status >= 502
  }
}

type Listener = () => void
const signedOutListeners = new Set<Listener>()

/** Calls `listener` whenever the server says that nobody is signed in. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener)
  return () => void signedOutListeners.delete(listener)
}

async function refusalOf(answer: Response): Promise<Refusal> {
  let body: RefusalBody = {}
  try {
    body = (await answer.json()) as RefusalBody
  } catch {
    // a proxy's page, or nothing: the status tells enough
  }
  return new Refusal(answer.status, body)
}

async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-Crossread'] = '1'
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let answer: Response
  try {
    answer = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new Refusal(0, { reasons: ['unreachable'] })
  }
  if (!answer.ok) {
    if (answer.status === 401) signedOutListeners.forEach((listener) => listener())
    throw await refusalOf(answer)
  }
  if (answer.status === 204) return undefined as Answer
  return (await answer.json()) as Answer
}

export const get = <Answer>(path: string) => ask<Answer>('GET', path)
export const post = <Answer>(path: string, body?: unknown) => ask<Answer>('POST', path, body)
export const put = <Answer>(path: string, body: unknown) => ask<Answer>('PUT', path, body)
