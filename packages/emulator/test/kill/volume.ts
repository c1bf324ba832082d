/** A file system in an image, which can be full, and can lose what was not synced. */
import { Data, Effect } from "effect"
import { execFile } from "node:child_process"
import { existsSync, statfsSync } from "node:fs"

class VolumeError extends Data.TaggedError("VolumeError")<{ readonly message: string }> {}

const run = (command: string, ...args: ReadonlyArray<string>) =>
  Effect.async<void, VolumeError>((resume) => {
    execFile(command, args, (error, _stdout, stderr) => {
      resume(
        error === null
          ? Effect.void
          : Effect.fail(new VolumeError({ message: `${command} ${args.join(" ")}: ${stderr.trim() || error.message}` }))
      )
    })
  })

/** Why this machine can't mount an image. */
export const whyNot = (): string | undefined => {
  if (process.platform !== "linux") return "it needs Linux"
  if (process.getuid?.() !== 0) return "it needs root, to mount an image"
  if (!existsSync("/dev/loop-control")) return "it needs loop devices"
  return ["/sbin", "/usr/sbin"].some((folder) => existsSync(`${folder}/mkfs.ext4`)) ? undefined : "it needs mkfs.ext4"
}

/** Most of it is a hole, so that it takes as much of the disk as its files. */
const megabytes = 1024

/** The kernel writes nothing earlier than it must, and a file that is renamed is not synced by that. */
const mountOptions = "loop,commit=300,noauto_da_alloc"

export type Volume = Effect.Effect.Success<ReturnType<typeof makeVolume>>

/** Mounts an image, until the scope is closed. */
export const makeVolume = (folder: string) =>
  Effect.gen(function*() {
    const path = `${folder}/volume`
    const ballast = `${path}/ballast`
    let number = 0
    let image = `${folder}/0.img`
    yield* run("truncate", "-s", `${megabytes}M`, image)
    yield* run("mkfs.ext4", "-q", "-F", "-m", "0", image)
    yield* run("mkdir", path)
    const mount = Effect.suspend(() => run("mount", "-o", mountOptions, image, path))
    yield* Effect.acquireRelease(mount, () => Effect.ignoreLogged(run("umount", "--lazy", path)))

    const freeBlocks = () => statfsSync(path).bavail

    /** Takes half of the space that is left. */
    const fillHalf: Effect.Effect<void, VolumeError> = Effect.suspend(() => {
      const { bavail, bsize } = statfsSync(path)
      return run("fallocate", "-o", `${number++}GiB`, "-l", String(Math.ceil(bavail / 2) * bsize), ballast)
    }).pipe(
      // Another process was faster.
      Effect.catchIf(({ message }) => message.includes("No space left"), () => Effect.void)
    )

    return {
      path,
      /** Leaves a few blocks at most, which the file system's own lists need. */
      fill: Effect.repeat(fillHalf, { until: () => freeBlocks() <= 4 }),
      makeRoom: run("rm", "-f", ballast),
      /**
       * As when the power fails: the image is what was written to the device until now, without what the kernel has in
       * memory. No process may have a file of it open.
       */
      losePower: Effect.uninterruptible(Effect.gen(function*() {
        const before = image
        image = `${folder}/${++number}.img`
        yield* run("cp", "--sparse=always", before, image)
        yield* run("umount", path)
        yield* run("rm", before)
        yield* mount
      }))
    }
  })
