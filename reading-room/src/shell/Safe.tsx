import { Component, type ReactNode } from 'react'

interface SafeProps {
  sentence: string
  again: string
  children: ReactNode
}

/** A screen that fails says so, and takes nothing else with it. */
export class Safe extends Component<SafeProps, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError() {
    return { failed: true }
  }

  override render() {
    if (!this.state.failed) return this.props.children
    return (
      <div className="notice stop" role="alert">
        {this.props.sentence}
        <button onClick={() => location.reload()}>{this.props.again}</button>
      </div>
    )
  }
}
