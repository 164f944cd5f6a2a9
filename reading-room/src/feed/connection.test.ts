// @vitest-environment node
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { FeedConnection } from './connection'
import { FrameReader } from './parse'

type Answer = (request: IncomingMessage, response: ServerResponse, visit: number) => void
const open: (() => void)[] = []
afterEach(() => open.splice(0).forEach((close) => close()))

async function serving(answer: Answer, silence = 25_000): Promise<FeedConnection> {
  let visits = 0
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    answer(request, response, ++visits)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const feed = new FeedConnection({ url: `http://127.0.0.1:${port}/`, silence, pauses: [5] })
  open.push(() => {
    feed.close()
    server.closeAllConnections()
    server.close()
  })
  return feed
}

test('a feed that is cut off resumes after the last event it saw', async () => {
  const asked: (string | undefined)[] = []
  const feed = await serving((request, response, visit) => {
    asked.push(request.headers['last-event-id'] as string | undefined)
    response.write(`id: 7.${visit}\nevent: task\ndata: {"kind":"task.claimed","subject":"${visit}"}\n\n`)
    if (visit === 1) response.end()
  })
  const heard: string[] = []
  const second = new Promise<void>((resolve) => {
    feed.onEvent((_, event) => {
      heard.push(event.subject)
      if (heard.length === 2) resolve()
    })
  })
  feed.open()
  await second
  expect(asked).toEqual([undefined, '7.1'])
  expect(heard).toEqual(['1', '2'])
  expect(feed.status.live).toBe(true)
})

test('a feed that falls silent is opened again, and says since when it knows nothing', async () => {
  const feed = await serving((_, response) => response.write(': here\n\n'), 40)
  const dropped = new Promise<void>((resolve) => {
    let wasLive = false
    feed.onStatus(() => {
      if (wasLive && !feed.status.live) resolve()
      wasLive = feed.status.live
    })
  })
  feed.open()
  await dropped
  expect(feed.status.heardAt).not.toBeNull()
})

test('frames may come in pieces, and comments are no events', () => {
  const reader = new FrameReader()
  expect(reader.read(': still here\n\nid: 1.2\neve')).toEqual([])
  expect(reader.read('nt: study\ndata: {"a":\ndata: 1}\n\n')).toEqual([
    { id: '1.2', event: 'study', data: '{"a":\n1}' },
  ])
})
