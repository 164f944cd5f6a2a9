import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post, put } from '../../api/client'
import { kept } from '../../api/keys'
import type {
  Brought,
  Damaged,
  Direction,
  EndpointRule,
  Header,
  Held,
  HeldState,
  IntakeRate,
  Move,
  Proof,
  Scrub,
  Search,
  Storage,
  StudiesShown,
  Transfer,
} from './types'

export const HOURS = 3
export const PAGE = 50

export const useStorage = () =>
  useQuery({
    queryKey: [...kept.archive, 'storage'],
    queryFn: () => get<{ hospitals: Storage[] }>('/api/archive/storage'),
  })

/** What came in of late. The feed tells when studies come and rest, not of each minute between. */
export const useIntake = () =>
  useQuery({
    queryKey: [...kept.archive, 'intake'],
    queryFn: () => get<IntakeRate>(`/api/archive/intake?hours=${HOURS}`),
    refetchInterval: 30_000,
  })

export const useScrub = () =>
  useQuery({
    queryKey: [...kept.archive, 'scrub'],
    queryFn: () => get<Scrub>('/api/archive/scrub'),
    refetchInterval: 30_000,
  })

export const useDamaged = () =>
  useQuery({
    queryKey: [...kept.archive, 'damaged'],
    queryFn: () => get<Damaged[]>('/api/archive/damaged'),
  })

export const useStudies = (search: Search, page: number) =>
  useQuery({
    queryKey: [...kept.archive, 'studies', search, page],
    // in the body: an address must not hold whom somebody looks for
    queryFn: () =>
      post<StudiesShown>('/api/archive/studies/search', { ...search, limit: PAGE, offset: page * PAGE }),
    placeholderData: (before) => before,
  })

export const useHeld = (state: HeldState) =>
  useQuery({
    queryKey: [...kept.quarantine, state],
    queryFn: () => get<Held[]>(`/api/archive/quarantine?state=${state}`),
  })

export const useHeader = (id: string) =>
  useQuery({
    queryKey: [...kept.quarantine, id, 'header'],
    queryFn: () => get<Header>(`/api/archive/quarantine/${id}/header`),
    retry: false,
  })

interface Resolution {
  id: string
  reason: string
  values: Record<string, string>
  replace: boolean
}

/** Let something in after all, or throw it away. */
export function useResolve(verb: 'readmit' | 'discard') {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: ({ id, ...wish }: Resolution) =>
      post(`/api/archive/quarantine/${id}/${verb}`, verb === 'readmit' ? wish : { reason: wish.reason }),
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: kept.quarantine })
      void cache.invalidateQueries({ queryKey: kept.archive })
    },
  })
}

export function useHold() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (wish: { study_id: string; reason: string }) => post('/api/archive/holds', wish),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.archive }),
  })
}

export function useErase() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (wish: { study_ids: string[]; reason: string }) =>
      post<Proof>('/api/archive/erase', wish),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.archive }),
  })
}

export type Show = 'open' | 'ended' | 'all'

export const useTransfers = (show: Show) =>
  useQuery({
    queryKey: [...kept.transfers, show],
    queryFn: () => get<Transfer[]>(`/api/transfers?state=${show}`),
  })

export const useEndpoints = () =>
  useQuery({
    queryKey: [...kept.transfers, 'endpoints'],
    queryFn: () => get<EndpointRule[]>('/api/transfers/endpoints'),
  })

export interface Wish {
  direction: Direction
  endpoint_id: string
  study_instance_uid: string
  priority: 'urgent' | 'bulk'
}

export function useTransfer() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (wish: Wish) => post<Transfer>('/api/transfers', wish),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.transfers }),
  })
}

export function useMove() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: ({ id, move }: { id: string; move: Move }) => post(`/api/transfers/${id}/${move}`),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.transfers }),
  })
}

export function useRule() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (rule: Omit<EndpointRule, 'application' | 'bulk_may_run' | 'opens_at'>) =>
      put('/api/transfers/rule', rule),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.transfers }),
  })
}

export const useImports = () =>
  useQuery({
    queryKey: kept.imports,
    queryFn: () => get<Brought[]>('/api/archive/imports'),
  })
