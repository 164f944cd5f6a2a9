import type { ReactNode } from 'react'

interface SheetProps {
  title: string
  says?: string
  none: string
  columns: string[]
  rows: { key: string; state?: string; cells: ReactNode[] }[]
  testId: string
}

/** A plain table with its title. */
export function Sheet({ title, says, none, columns, rows, testId }: SheetProps) {
  return (
    <section>
      <header>
        <h2>{title}</h2>
        {says !== undefined && <span className="quiet">{says}</span>}
      </header>
      {rows.length === 0 ? (
        <p className="empty">{none}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column}>{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key} data-testid={testId} data-state={row.state}>
                {row.cells.map((cell, index) => (
                  <td key={columns[index]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}
