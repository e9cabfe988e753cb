/** Calls `attempt` from each of the `frames` deepest that there is room for on the stack. */
export function fromTheDeep(frames: number, attempt: () => void): void {
  let left = 0
  const dive = (): void => {
    try {
      dive()
    } catch {
      left = frames
    }
    if (left-- > 0) attempt()
  }
  dive()
}
