/** Reads text/event-stream (WHATWG HTML, 9.2.6), also the comments, which show that it lives. */

export interface Frame {
  id: string | null
  event: string
  data: string
}

export class FrameReader {
  #rest = ''

  /** The frames that are complete with this piece; comments alone give none. */
  read(piece: string): Frame[] {
    const whole = (this.#rest + piece).replaceAll('\r\n', '\n')
    const parts = whole.split('\n\n')
    this.#rest = parts.pop() ?? ''
    return parts.map(frameOf).filter((frame) => frame !== null)
  }
}

function frameOf(text: string): Frame | null {
  const frame: Frame = { id: null, event: 'message', data: '' }
  const data: string[] = []
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'id') frame.id = value
    else if (field === 'event') frame.event = value
    else if (field === 'data') data.push(value)
  }
  frame.data = data.join('\n')
  return frame.id === null && data.length === 0 ? null : frame
}
