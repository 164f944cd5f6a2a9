import { useQuery } from '@tanstack/react-query'
import { get } from '../../api/client'
import { kept } from '../../api/keys'
import type { Arrivals } from '../../api/types'

export const useArrivals = () =>
  useQuery({ queryKey: kept.arrivals, queryFn: () => get<Arrivals>('/api/arrivals') })
