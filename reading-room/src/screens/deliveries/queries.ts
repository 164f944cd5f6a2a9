import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post } from '../../api/client'
import { kept } from '../../api/keys'
import type { DeliveryRow, DeliveryState } from '../../api/types'

export type Show = Exclude<DeliveryState, 'withdrawn'> | 'all'

export const useDeliveries = (show: Show) =>
  useQuery({
    queryKey: [...kept.deliveries, show],
    queryFn: () => get<DeliveryRow[]>(`/api/deliveries?state=${show}`),
  })

export function useRetry() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (delivery: string) => post(`/api/deliveries/${delivery}/retry`),
    onSettled: () => cache.invalidateQueries({ queryKey: kept.deliveries }),
  })
}
