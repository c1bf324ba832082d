import type * as Api from "@effect-openai/core/Api"
import type * as Resource from "@effect-openai/core/Resource"
import type * as HttpApi from "@effect/platform/HttpApi"
import type * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import type * as HttpRouter from "@effect/platform/HttpRouter"
import type * as Layer from "effect/Layer"
import type { Ids } from "../Ids.js"
import type { Model } from "../Model.js"
import type { Store } from "../Store.js"
import type { Engine } from "./engine/engine.js"
import type { RunEvents } from "./engine/runEvents.js"
import type { Gallery } from "./gallery.js"
import type { Handlers } from "./httpApiBuilder.js"
import type { Loopback } from "./loopback.js"
import type { Organization } from "./organization/organization.js"
import type { RateLimits } from "./rateLimits.js"
import { Routes } from "./routes.js"
import type { Settings } from "./settings.js"

/** The services that handlers can use. */
export type HandlerContext =
  | Api.AdminAuthorization
  | Api.AssistantsBeta
  | Api.Authorization
  | Engine
  | Gallery
  | HttpRouter.HttpRouter.DefaultServices
  | Ids
  | Loopback
  | Model
  | Organization
  | RateLimits
  | RunEvents
  | Settings
  | Store

type GroupLayer = Layer.Layer<never, never, HandlerContext | Handlers>

/** Resources with their routes and handlers. */
export interface Served {
  readonly routes: Routes
  /** The handlers of a resource, by its name. */
  readonly layers: ReadonlyMap<string, GroupLayer>
}

/** Serves an API of `Api.make` by the handlers of each of its resources. */
export const make = <Resources extends { readonly [name: string]: Resource.Any }>(
  resources: Resources,
  api: ReturnType<typeof Api.make<Resources>>,
  handlers: {
    readonly [Name in keyof Resources]: Layer.Layer<
      HttpApiGroup.ApiGroup<"OpenAI", Resources[Name]["name"]>,
      never,
      HandlerContext
    >
  }
): Served => {
  return {
    // The type of an API names its groups. `Routes` reads those of any API.
    routes: new Routes(Object.values(resources), api as unknown as HttpApi.HttpApi.AnyWithProps),
    // The types of all groups are one service each. The map knows them as one type.
    layers: new Map(Object.entries(resources).map(([key, { name }]) => [name, handlers[key]! as unknown as GroupLayer]))
  }
}
