import type { Task } from '../../api/types'

/** Whether a task has every word of the filter somewhere in what its row shows. */
export function matches(task: Task, filter: string): boolean {
  const text = [
    task.patient?.name,
    task.patient?.number,
    task.accession_number,
    task.procedure_nl,
    task.procedure_en,
    task.description,
    task.modality,
    task.hospital_name,
    task.holder?.name,
  ]
    .join(' ')
    .toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}
