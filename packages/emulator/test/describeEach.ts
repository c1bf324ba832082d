import { describe } from "@effect/vitest"

/** Describes tests for some cases, those of PostgreSQL only where it is installed. */
export const describeEach =
  <A extends { readonly name: string; readonly isSkipped?: boolean }>(cases: ReadonlyArray<A>) =>
  (title: string, tests: (one: A) => void): void => {
    for (const one of cases) {
      describe.skipIf(one.isSkipped === true)(title.replace("$name", one.name), () => tests(one))
    }
  }
