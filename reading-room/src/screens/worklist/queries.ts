import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post } from '../../api/client'
import { kept } from '../../api/keys'
import type { Lease, View, Worklist } from '../../api/types'

export const useWorklist = (view: View) =>
  useQuery({
    queryKey: kept.worklist(view),
    queryFn: () => get<Worklist>(`/api/worklist?view=${view}`),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000, // in case an event concerned nobody of this hospital, as a lease that ended
  })

export function useClaim() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (task: string) => post<Lease>(`/api/tasks/${task}/claim`),
    onSettled: (_lease, _error, task) => {
      void cache.invalidateQueries({ queryKey: kept.worklists })
      void cache.invalidateQueries({ queryKey: kept.task(task) })
    },
  })
}
