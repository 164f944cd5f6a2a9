/** Which screen is asked for by the address. */
import { useSyncExternalStore } from 'react'
import { pageOf, type Page } from '../screens/archive/pages'

export type Route =
  | { screen: 'worklist' }
  | { screen: 'task'; task: string }
  | { screen: 'deliveries' }
  | { screen: 'arrivals' }
  | { screen: 'archive'; page: Page }
  | { screen: 'consents' }

export function routeOf(path: string): Route {
  const task = /^\/task\/([\w-]+)$/.exec(path)?.[1]
  if (task !== undefined) return { screen: 'task', task }
  if (path === '/deliveries') return { screen: 'deliveries' }
  if (path === '/arrivals') return { screen: 'arrivals' }
  const page = pageOf(path)
  if (page !== undefined) return { screen: 'archive', page }
  if (path === '/consents') return { screen: 'consents' }
  return { screen: 'worklist' }
}

const listeners = new Set<() => void>()
const tell = () => listeners.forEach((listener) => listener())

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, '', path)
  tell()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  window.addEventListener('popstate', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('popstate', listener)
  }
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(listen, () => location.pathname))
}
