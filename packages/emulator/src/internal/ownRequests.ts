import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Options } from "../Emulator.js"
import type { Ids } from "../Ids.js"
import type { Store } from "../Store.js"
import type { Access } from "./access.js"
import { ActiveFaults } from "./activeFaults.js"
import * as browsers from "./browsers.js"
import * as Control from "./control.js"
import { fromStore } from "./errors.js"
import type { Exchange } from "./exchange.js"
import type { Gallery } from "./gallery.js"
import type { Journal } from "./journal.js"
import { prices } from "./organization/costs.js"
import type { Organization } from "./organization/organization.js"
import { pageAt } from "./pages.js"
import { pictureAt } from "./pictures.js"

// Requests for the emulator itself, not for an operation of the API: pictures, pages, and what pages and tests control.

/** Returns the response where a request is for the emulator itself. */
export const make = (
  options: Options<any, any>,
  policy: browsers.Policy,
  { identify }: Access,
  { root }: Context.Tag.Service<Organization>
) =>
  Effect.gen(function*() {
    const kept = yield* Effect.context<ActiveFaults | Gallery | Ids | Journal | Store>()
    const { hasControl } = yield* ActiveFaults
    const hasPages = options.pages ?? false
    const control = Effect.provide(
      Control.make({ faults: hasControl, pages: hasPages, prices: options.organization?.prices ?? prices }),
      kept
    )

    return ({ path, request }: Exchange) => {
      const isRead = request.method === "GET" || request.method === "HEAD"
      const picture = isRead ? pictureAt(path, request) : undefined
      if (picture !== undefined) return picture
      const page = hasPages && isRead ? pageAt(path) : undefined
      if (page !== undefined) return page
      if (!(hasPages || hasControl) || !path.startsWith(Control.prefix)) return undefined
      const authorized = options.apiKeys === undefined ? Effect.void : identify.apiKey(request)
      return browsers.refuseOtherOrigins(request, policy).pipe(
        Effect.zipRight(
          Control.isAdministration(path)
            ? Effect.zipRight(
              options.adminKeys === undefined ? authorized : identify.adminKey(request),
              // The organization is made with the first request that needs it.
              fromStore(root)
            )
            : authorized
        ),
        Effect.zipRight(control)
      )
    }
  })
