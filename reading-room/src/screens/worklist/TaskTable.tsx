import { useTable } from '@tanstack/react-table'
import { useEffect, useRef } from 'react'
import type { Task } from '../../api/types'
import { useWords } from '../../words/language'
import { WhyNot } from './cells'
import { columns, features, type ColumnName } from './columns'
import { en } from './words.en'
import { nl } from './words.nl'

interface TaskTableProps {
  tasks: Task[]
  selected: string | null
  changed: ReadonlySet<string>
  onSelect: (task: string) => void
  onOpen: (task: Task) => void
}

/** The rows, in the order of the server; the selected one says why it cannot be claimed. */
export function TaskTable({ tasks, selected, changed, onSelect, onOpen }: TaskTableProps) {
  const words = useWords({ nl, en })
  const table = useTable({ features, columns, data: tasks, getRowId: (task) => task.id })
  const body = useRef<HTMLTableSectionElement>(null)

  useEffect(() => {
    body.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [selected])

  return (
    <table
      className="tasks"
      role="grid"
      aria-label={words.table}
      aria-activedescendant={selected === null ? undefined : `row-${selected}`}
      tabIndex={0}
    >
      <thead>
        <tr>
          {table.getAllColumns().map(({ id }) => (
            <th key={id} scope="col" className={`col-${id}`}>
              {words[id as ColumnName]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {table.getRowModel().rows.map((row) => {
          const task = row.original
          const isSelected = task.id === selected
          return (
            <tr
              key={row.id}
              id={`row-${task.id}`}
              data-testid={`task-${task.id}`}
              data-state={task.state}
              aria-selected={isSelected}
              className={[changed.has(task.id) ? 'changed' : '', task.may_claim || task.mine ? '' : 'shut']
                .filter(Boolean)
                .join(' ')}
              onClick={() => onSelect(task.id)}
              onDoubleClick={() => onOpen(task)}
            >
              {row.getAllCells().map((cell) => (
                <td key={cell.id} className={`col-${cell.column.id}`}>
                  <table.FlexRender cell={cell} />
                  {isSelected && cell.column.id === 'state' && <WhyNot task={task} />}
                </td>
              ))}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}
