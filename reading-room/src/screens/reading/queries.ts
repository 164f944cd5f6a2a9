import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { get, post, put } from '../../api/client'
import { kept } from '../../api/keys'
import type {
  Delivery,
  Draft,
  DrawnAnnotation,
  HistoryLine,
  Lease,
  Report,
  ReportStatus,
  Sections,
  TaskDetail,
  Timeline,
  Worklist,
} from '../../api/types'
import { know } from '../../viewer/engine'
import { stacksOf } from '../../viewer/images'

const root = (task: string) => `/api/tasks/${task}`

export const useTask = (task: string) =>
  useQuery({ queryKey: kept.detail(task), queryFn: () => get<TaskDetail>(root(task)) })

export const fetchDraft = (task: string) => get<Draft>(`${root(task)}/draft`)

export const useReports = (task: string) =>
  useQuery({ queryKey: kept.reports(task), queryFn: () => get<Report[]>(`${root(task)}/reports`) })

export const useTimeline = (task: string) =>
  useQuery({ queryKey: kept.timeline(task), queryFn: () => get<Timeline>(`${root(task)}/timeline`) })

export const useTaskDeliveries = (task: string, when: boolean) =>
  useQuery({
    queryKey: kept.taskDeliveries(task),
    queryFn: () => get<Delivery[]>(`${root(task)}/deliveries`),
    enabled: when,
  })

export const useHistory = (task: string) =>
  useQuery({ queryKey: kept.history(task), queryFn: () => get<HistoryLine[]>(`${root(task)}/history`) })

/** The images of a study, made known to the viewer. */
export const useStacks = (task: string, study: string | null, when = true) =>
  useQuery({
    queryKey: kept.series(task, study ?? ''),
    queryFn: async () => {
      const stacks = await stacksOf(task, study ?? '')
      stacks.forEach(know)
      return stacks
    },
    enabled: when && study !== null,
    staleTime: Infinity,
  })

export interface Written {
  sections: Sections
  annotations: readonly DrawnAnnotation[]
}

export const claim = (task: string) => post<Lease>(`${root(task)}/claim`)

export const renew = (task: string, { token, fence }: Lease) =>
  post<Lease>(`${root(task)}/renew`, { token, fence })

export const putDraft = (task: string, { token, fence }: Lease, written: Written) =>
  put<Draft>(`${root(task)}/draft`, { token, fence, ...written })

export const sign = (
  task: string,
  { token, fence }: Lease,
  written: Written,
  status: ReportStatus,
  language: string,
) => post<Report>(`${root(task)}/sign`, { token, fence, status, language, ...written })

export const release = (task: string, { token, fence }: Lease, reason: string) =>
  post(`${root(task)}/release`, { token, fence, reason })

/** Claims the first task of the open list that may be claimed; null when there is none. */
export function useNextTask() {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: async (after: string) => {
      const { tasks } = await get<Worklist>('/api/worklist?view=open')
      for (const task of tasks.filter((one) => one.may_claim && one.id !== after)) {
        try {
          await claim(task.id)
          return task.id
        } catch {
          continue // somebody was quicker
        }
      }
      return null
    },
    onSuccess: () => cache.invalidateQueries({ queryKey: kept.worklists }),
  })
}
