/** A contestant is a separate process. For an order it measures a cold run, warms up with some runs, and measures one run. */
import type { Count } from "./payloads.js"
import type { Name } from "./scenarios.js"

/** Runs a scenario `amount` times, and returns what it read. */
type Task = (amount: number) => Promise<Count>

export type Tasks = { readonly [K in Name]?: Task }

export interface Order {
  readonly scenario: Name
  readonly origin: string
  readonly amount: number
  /** The amount of the first run of the process. 0: no such run. */
  readonly cold: number
  readonly warmUp: number
  /** Whether garbage is collected before and after. A collection also discards code that was compiled for dead objects. */
  readonly collect: boolean
}

/** What a run read, and its CPU. */
interface Run {
  readonly count: Count
  readonly cpuMicros: number
}

export interface Measured extends Run {
  /** The first run of the process. Undefined in results that have none. */
  readonly cold?: Run | undefined
  readonly wallMicros: number
  /** Bytes in use before and after the measured run, each after a collection if `collect` is set. */
  readonly heapBefore: number
  readonly heapAfter: number
  /** Bytes, since the process started. */
  readonly peakRss: number
}

/** Number of warm-up runs: V8 compiles some code again for the next run, until it is optimized for all. */
const warmUps = 5

const heapUsed = ({ collect }: Order): number => {
  if (collect) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const baseUrl = ({ origin, scenario }: Order, amount: number): string =>
  `${origin}/${scenario.replace("/", ".")}/${amount}/v1`

/** Sends the names of its scenarios to the harness, then a measurement for each order. */
export const compete = (connect: (baseUrl: string) => Tasks): void => {
  const measure = async (order: Order): Promise<Measured> => {
    const run = (amount: number) => {
      const task = connect(baseUrl(order, amount))[order.scenario]
      if (task === undefined) throw new Error(`no ${order.scenario}`)
      return task(amount)
    }
    const measureCpu = async (amount: number): Promise<Run> => {
      const cpu = process.cpuUsage()
      const count = await run(amount)
      const { system, user } = process.cpuUsage(cpu)
      return { count, cpuMicros: user + system }
    }
    const cold = order.cold === 0 ? undefined : await measureCpu(order.cold)
    for (let left = order.warmUp; left > 0; left -= Math.ceil(order.warmUp / warmUps)) {
      await run(Math.ceil(order.warmUp / warmUps))
    }
    const heapBefore = heapUsed(order)
    const wall = process.hrtime.bigint()
    const warm = await measureCpu(order.amount)
    const wallMicros = Number(process.hrtime.bigint() - wall) / 1000
    return {
      ...warm,
      cold,
      wallMicros,
      heapBefore,
      heapAfter: heapUsed(order),
      peakRss: process.resourceUsage().maxRSS * 1024
    }
  }
  process.on("message", (order: Order) => {
    measure(order).then(
      (measured) => process.send!(measured),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      }
    )
  })
  process.send!(Object.keys(connect("http://127.0.0.1/sequential/1/v1")))
}

/** Runs `amount` calls, at most `width` at the same time. */
export const repeat = async (amount: number, width: number, call: () => Promise<void>): Promise<void> => {
  let left = amount
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: width }, worker))
}
