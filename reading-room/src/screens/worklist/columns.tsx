import { createColumnHelper, tableFeatures } from '@tanstack/react-table'
import type { Task } from '../../api/types'
import { Age, Delivered, Due, Images, Name, Procedure, Standing, Urgent } from './cells'

export const features = tableFeatures({})
const column = createColumnHelper<typeof features, Task>()

/** The columns; a header is the name of its word. */
export const columns = column.columns([
  column.display({ id: 'urgency', cell: ({ row }) => <Urgent urgency={row.original.urgency} /> }),
  column.display({ id: 'due', cell: ({ row }) => <Due task={row.original} /> }),
  column.accessor('hospital_name', { id: 'hospital' }),
  column.display({ id: 'patient', cell: ({ row }) => <Name task={row.original} /> }),
  column.display({ id: 'age', cell: ({ row }) => <Age task={row.original} /> }),
  column.display({ id: 'procedure', cell: ({ row }) => <Procedure task={row.original} /> }),
  column.accessor('modality', {}),
  column.display({ id: 'images', cell: ({ row }) => <Images task={row.original} /> }),
  column.accessor('prior_count', { id: 'priors', cell: ({ getValue }) => getValue() || '–' }),
  column.display({ id: 'state', cell: ({ row }) => <Standing task={row.original} /> }),
  column.display({ id: 'deliveries', cell: ({ row }) => <Delivered counts={row.original.deliveries} /> }),
])

export type ColumnName =
  | 'urgency'
  | 'due'
  | 'hospital'
  | 'patient'
  | 'age'
  | 'procedure'
  | 'modality'
  | 'images'
  | 'priors'
  | 'state'
  | 'deliveries'
