import { expect, test } from 'vitest'
import { loadHidLibrary } from '../../../../src/scanners/hid/library.ts'

test('loads the library for HID devices, or names the package that is missing', async () => {
  const library = await loadHidLibrary().catch((fault: unknown) => fault)
  if (library instanceof Error) {
    expect(library).toMatchObject({
      code: 'port-library',
      message: 'HID devices cannot be used: the system has no libusb-1.0.so.0',
      hint: expect.stringContaining('libusb-1.0-0 (Debian, Ubuntu, SUSE)'),
    })
  } else {
    expect(library).toEqual({ open: expect.any(Function) })
    const { open } = library as Awaited<ReturnType<typeof loadHidLibrary>>
    await expect(open('999-1:1.0')).rejects.toThrow('cannot open device')
  }
})
