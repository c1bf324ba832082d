import { Effect, type Fiber, type Supervisor } from "effect"
import { existsSync, readdirSync, readlinkSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

// What a run leaves open.

const descriptors = "/proc/self/fd"

/** The files of blobs that are open. Those of a database are its driver's, which closes them later. */
const openBlobs = (): number =>
  !existsSync(descriptors) ? 0 : readdirSync(descriptors).filter((name) => {
    try {
      return readlinkSync(`${descriptors}/${name}`).includes("data.db-files")
    } catch {
      return false
    }
  }).length

/** What a process holds open. */
export const held = () => ({
  timers: process.getActiveResourcesInfo().filter((name) => name === "Timeout").length,
  descriptors: openBlobs()
})

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** What is left open. What ends soon is not: a fiber that was interrupted takes some turns. */
export const leftOpen = (
  before: ReturnType<typeof held>,
  fibers: Supervisor.Supervisor<ReadonlyArray<Fiber.RuntimeFiber<unknown, unknown>>>
) =>
  Effect.gen(function*() {
    let found: ReadonlyArray<string> = []
    for (let turn = 0; turn < 50; turn++) {
      const now = held()
      const { length } = yield* fibers.value
      found = [
        ...length > 0 ? [`${length} fibers are left`] : [],
        ...now.timers > before.timers ? [`${now.timers - before.timers} timers are left`] : [],
        ...now.descriptors > before.descriptors ? [`${now.descriptors - before.descriptors} descriptors are left`] : []
      ]
      if (found.length === 0) return found
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      // A response that is not read when its caller is interrupted ends with its memory.
      if (turn % 10 === 9) collectGarbage()
      if (turn > 10) yield* Effect.sleep("10 millis")
    }
    return found
  })
