import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post, Refusal } from '../api/client'
import { kept } from '../api/keys'
import type { Me } from '../api/types'
import { go } from './route'

/** Who is signed in; null when nobody is. */
export function useMe() {
  return useQuery({
    queryKey: kept.me,
    queryFn: async () => {
      try {
        return await get<Me>('/api/me')
      } catch (error) {
        if (error instanceof Refusal && error.status === 401) return null
        throw error
      }
    },
    staleTime: Infinity,
    retry: true,
    retryDelay: 1000,
  })
}

export function useSignOut() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: () => post('/api/sign-out'),
    onSettled: () => {
      cache.clear()
      cache.setQueryData(kept.me, null)
      go('/')
    },
  })
}
