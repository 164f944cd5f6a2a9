import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post } from '../../api/client'
import { kept } from '../../api/keys'
import type { Me, Ways } from '../../api/types'

export const useWays = () =>
  useQuery({ queryKey: kept.ways, queryFn: () => get<Ways>('/api/sign-in'), staleTime: Infinity })

export function useSignIn() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (who: { username: string; password: string }) => post<Me>('/api/sign-in', who),
    onSuccess: (me) => cache.setQueryData(kept.me, me),
  })
}
