import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

interface Address {
  readonly host?: string | undefined
  readonly port?: number | string | undefined
  readonly path?: string | undefined
}

const describe = (target: Address | number | string): string =>
  typeof target === "object" ? target.path ?? `${target.host ?? "localhost"}:${target.port}` : String(target)

/**
 * Refuses every connection as long as the scope is open, and returns which were tried. Whatever the transport, each ends in
 * this one method; `nock` itself does not see them all.
 */
export const refuse: Effect.Effect<ReadonlyArray<string>, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const tried: Array<string> = []
      const { connect } = Net.Socket.prototype
      Net.Socket.prototype.connect = function(this: Net.Socket, ...args: ReadonlyArray<unknown>) {
        const target = describe(args.flat()[0] as Address | number | string)
        tried.push(target)
        return this.destroy(new Error(`A replay opens no connection, and ${target} was tried`))
      }
      return { tried, connect }
    }),
    ({ connect }) =>
      Effect.sync(() => {
        Net.Socket.prototype.connect = connect
      })
  ),
  ({ tried }) => tried
)
