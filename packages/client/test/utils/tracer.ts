import { type Context, type Exit, Option, Tracer } from "effect"

/** A span as a backend would receive it. */
interface Collected {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly parent: string | undefined
  readonly attributes: Record<string, unknown>
  readonly events: Array<unknown>
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A tracer that records spans. */
export const make = () => {
  const spans: Array<Collected> = []
  const tracer = Tracer.make({
    span: (name, parent, context: Context.Context<never>, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const collected: Collected = {
        name,
        kind,
        parent: Option.getOrUndefined(parent)?.spanId,
        get attributes() {
          return Object.fromEntries(attributes)
        },
        events: [],
        exit: undefined
      }
      spans.push(collected)
      return {
        _tag: "Span",
        spanId: `span-${spans.length}`,
        traceId: "trace",
        sampled: true,
        status: { _tag: "Started", startTime },
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        attribute: (key, value) => void attributes.set(key, value),
        event: (name, _startTime, attributes) => void collected.events.push([name, attributes]),
        addLinks: () => {},
        end: (_endTime, exit) => {
          collected.exit = exit
        }
      }
    },
    context: (f) => f()
  })
  return { tracer, spans }
}
