#if canImport(Glibc)
import Glibc
#endif

/// Puts large arrays onto large pages.
///
/// A look-up goes to a few places anywhere in some ten megabytes. On pages of
/// 4 KB nearly each costs a walk through the page tables besides, and in a
/// virtual machine through those of both sides: a quarter of a look-up's time.
enum LargePages {
    private static let size: UInt = 2 << 20
    /// MADV_COLLAPSE, since Linux 6.1: now, and not when the kernel comes by.
    private static let collapse: CInt = 25

    /// Asks for large pages below an array that won't grow any more. It is a
    /// wish: where the kernel has none, or doesn't know how, nothing changes.
    static func wish<Element>(for array: [Element]) {
        #if canImport(Glibc)
        unsafe array.withUnsafeBytes { bytes in
            let first = UInt(bitPattern: bytes.baseAddress)
            // Only whole pages that hold nothing but the array.
            let start = (first + size - 1) & ~(size - 1)
            let end = (first + UInt(bytes.count)) & ~(size - 1)
            guard end > start, let address = unsafe UnsafeMutableRawPointer(bitPattern: start) else { return }
            unsafe madvise(address, Int(end - start), MADV_HUGEPAGE)
            unsafe madvise(address, Int(end - start), collapse)
        }
        #endif
    }
}
