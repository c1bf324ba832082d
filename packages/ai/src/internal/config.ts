import * as Extra from "@effect-openai/client/Extra"

/** Configurations have extra fields, which a spread would replace instead of adding to them. */
interface WithExtra {
  readonly [Extra.TypeId]?: { readonly [name: string]: unknown }
}

/** Returns both configurations. Fields and extra fields of the second replace those of the first. */
export const merge = <A extends WithExtra, B extends WithExtra>(one: A, other: B): A & B => {
  const extra = { ...one[Extra.TypeId], ...other[Extra.TypeId] }
  return { ...one, ...other, ...(Object.keys(extra).length === 0 ? {} : Extra.fields(extra)) }
}
