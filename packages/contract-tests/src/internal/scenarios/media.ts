// Files of audio and images, as small as they can be.

const base64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"))

/** 16x16 pixels with transparency. */
export const square = base64(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAFklEQVR42mNwoBAwjBowasCoAcPFAAAiiAAQLX3CkgAAAABJRU5ErkJggg=="
)

/** 8x8 pixels with transparency. */
export const small = base64(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAYAAADED76LAAAAD0lEQVR42mNwIAAYRoYCAAL3QAFTg+JZAAAAAElFTkSuQmCC"
)

/** 16x8 pixels with transparency. */
export const wide = base64(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAEklEQVR42mNwoBAwjBowHAwAAAmmgAFKQBBCAAAAAElFTkSuQmCC"
)

/** 16x16 pixels without transparency. */
export const opaque = base64(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAFElEQVR42mNwIBEwjGoY1TB8NQAAFErAAQRBbFUAAAAASUVORK5CYII="
)

const sampleRate = 8000

/** A second of WAV without sound: one channel with 8 bits. */
export const recording: Uint8Array = (() => {
  const bytes = Buffer.alloc(44 + sampleRate, 0x80)
  bytes.write("RIFF", 0, "latin1")
  bytes.writeUInt32LE(bytes.length - 8, 4)
  bytes.write("WAVEfmt ", 8, "latin1")
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(sampleRate, 24)
  bytes.writeUInt32LE(sampleRate, 28)
  bytes.writeUInt16LE(1, 32)
  bytes.writeUInt16LE(8, 34)
  bytes.write("data", 36, "latin1")
  bytes.writeUInt32LE(sampleRate, 40)
  return new Uint8Array(bytes)
})()
