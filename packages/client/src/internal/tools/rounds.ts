import * as Stream from "effect/Stream"
import * as Tool from "../../Tool.js"

/** Emits the events of calls, and then those of the next round, which takes the outputs in the order of the calls. */
export const thenNext = <A>(
  tools: ReadonlyArray<Tool.Tool<any, any>>,
  calls: ReadonlyArray<Tool.ToolCall>,
  options: Tool.RunOptions<"fail" | "output">,
  next: (outputs: ReadonlyArray<Tool.ToolOutput>) => Stream.Stream<A, any, any>
): Stream.Stream<A | Tool.Event, any, any> =>
  Stream.suspend(() => {
    const outputs = new Map<string, Tool.ToolOutput>()
    return Tool.stream(tools, calls, options).pipe(
      Stream.map((event) => {
        if (event.event === "tool.output") outputs.set(event.data.tool_call_id, event.data)
        return event
      }),
      Stream.concat(Stream.suspend(() => next(calls.flatMap(({ id }) => outputs.get(id) ?? []))))
    )
  })
