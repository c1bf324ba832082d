/**
 * A resource of the API reference: a title, a sentence, and its operations. Indexes, the tags of the OpenAPI document, the
 * emulator's handlers and the lists in tests follow from these values.
 *
 * @since 0.1.0
 */
import type * as Endpoint from "./Endpoint.js"

/**
 * A resource.
 *
 * @since 0.1.0
 * @category models
 */
export interface Resource<
  out Name extends string,
  out Operations extends { readonly [name: string]: Endpoint.Any }
> {
  /** The name of its module. */
  readonly name: Name
  /** Its title in the API reference. */
  readonly title: string
  /** One sentence. */
  readonly description: string
  /** Its operations, by the names of the client's functions. */
  readonly operations: Operations
}

/**
 * Any resource.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any extends Resource<string, { readonly [name: string]: Endpoint.Any }> {}

/**
 * States a resource.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  const Name extends string,
  const Operations extends { readonly [name: string]: Endpoint.Any }
>(options: Resource<Name, Operations>): Resource<Name, Operations> => options
