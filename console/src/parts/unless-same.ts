/** Keeps a part of the page as it is while nothing of what it is given has changed, for pages with hundreds of alike parts. */
import { Component, type ComponentType, type FunctionComponent, h } from 'preact'

export function unlessSame<Props extends object>(part: FunctionComponent<Props>): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      const before = this.props as Props
      const names = new Set([...Object.keys(before), ...Object.keys(next)]) as Set<keyof Props>
      return [...names].some((name) => before[name] !== next[name])
    }

    render() {
      return h(part, this.props as Props)
    }
  }
}
