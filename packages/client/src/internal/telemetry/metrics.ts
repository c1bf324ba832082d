import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricLabel from "effect/MetricLabel"

export type Labels = ReadonlyArray<MetricLabel.MetricLabel>

/** From a hundredth of a second on, each twice the last. */
const seconds = MetricBoundaries.exponential({ start: 0.01, factor: 2, count: 15 })

/** `gen_ai.client.operation.duration`: how long an inference took, in seconds, retries and waits included. */
export const inferenceDuration = Metric.histogram(
  "gen_ai.client.operation.duration",
  seconds,
  "GenAI operation duration."
)

/** `gen_ai.client.token.usage`: how many tokens an inference used. */
export const tokenUsage = Metric.histogram(
  "gen_ai.client.token.usage",
  MetricBoundaries.exponential({ start: 1, factor: 4, count: 15 }),
  "Number of input and output tokens used."
)

/** `openai.client.operation.duration`: how long any other operation took, in seconds, retries and waits included. */
export const operationDuration = Metric.histogram(
  "openai.client.operation.duration",
  seconds,
  "Duration of operations that are no inference."
)

/** `openai.client.retries`: how many requests were sent again. */
export const retries = Metric.counter("openai.client.retries", {
  description: "Requests that were sent again.",
  incremental: true
})

/** `openai.client.active_requests`: how many requests are in flight; a stream is until its end. */
export const activeRequests = Metric.counter("openai.client.active_requests", { description: "Requests in flight." })

/** `openai.client.limit.wait.duration`: how long a request was kept waiting by a limit of the client's own, in seconds. */
export const limitWait = Metric.histogram(
  "openai.client.limit.wait.duration",
  seconds,
  "Time that requests waited for the client's own limits."
)

const cache = new Map<string, Labels>()

/**
 * Labels by their names and values in turn, what is undefined left out, and those that the program has put on all metrics
 * of a fiber. Where it has put none, the same ones are the same array, by which a metric finds its state again without a
 * search.
 */
export const labels = (ofFiber: Labels, ...entries: ReadonlyArray<string | undefined>): Labels => {
  const key = entries.join("\n")
  let found = cache.get(key)
  if (found === undefined) {
    // Models may have any name, and as many as users write.
    if (cache.size === 1000) cache.clear()
    const made: Array<MetricLabel.MetricLabel> = []
    for (let at = 0; at < entries.length; at += 2) {
      const value = entries[at + 1]
      if (value !== undefined) made.push(MetricLabel.make(entries[at]!, value))
    }
    cache.set(key, found = made)
  }
  return ofFiber.length === 0 ? found : [...found, ...ofFiber]
}
