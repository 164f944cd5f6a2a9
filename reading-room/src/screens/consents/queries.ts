import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, put } from '../../api/client'
import { kept } from '../../api/keys'
import type { AuditLine, ConsentDecision, PatientConsent } from '../../api/types'

export const usePatients = () =>
  useQuery({ queryKey: kept.patients, queryFn: () => get<PatientConsent[]>('/api/patients') })

export const useAudit = () =>
  useQuery({
    queryKey: kept.audit,
    queryFn: () => get<AuditLine[]>('/api/audit?limit=100'),
    refetchInterval: 15_000,
  })

interface Said {
  patient: string
  decision: ConsentDecision
  reason: string
}

export function useRecordConsent() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: ({ patient, decision, reason }: Said) =>
      put(`/api/patients/${patient}/consent`, { decision, reason }),
    onSettled: () => {
      void cache.invalidateQueries({ queryKey: kept.patients })
      void cache.invalidateQueries({ queryKey: kept.audit })
    },
  })
}
