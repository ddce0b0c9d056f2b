// SPDX-License-Identifier: Apache-2.0
package org.moe4j.decode;

import java.util.ArrayDeque;
import java.util.Deque;
import org.moe4j.device.CacheLayout;
import org.moe4j.device.Device;

/**
 * Pages of sequence state within a bound of bytes. Freed pages are kept for the next sequence. Not
 * safe for concurrent use: it belongs to the thread that runs the decoder.
 */
public final class PagePool implements AutoCloseable {

  private final Device device;
  private final CacheLayout layout;
  private final long pageBytes;
  private final long mostPages;
  private final long recurrentPages;
  private final Deque<Device.Page> free = new ArrayDeque<>();
  private long inUse;

  /**
   * Creates an empty pool.
   *
   * @param device where the pages live
   * @param layout shape of a page
   * @param mostBytes bound of all pages together
   */
  public PagePool(Device device, CacheLayout layout, long mostBytes) {
    this.device = device;
    this.layout = layout;
    pageBytes = Math.max(1, layout.pageBytes());
    mostPages = mostBytes / pageBytes;
    recurrentPages = Math.ceilDiv(layout.recurrentBytes(), pageBytes);
  }

  /**
   * A page with a count of the sequences that hold it. Full pages are immutable and may be shared.
   */
  static final class SharedPage {
    final Device.Page page;
    int holders = 1;

    SharedPage(Device.Page page) {
      this.page = page;
    }
  }

  /** Shape of a page. */
  public CacheLayout layout() {
    return layout;
  }

  /** Bytes of the pages that sequences hold. */
  public long bytesInUse() {
    return inUse * pageBytes;
  }

  /** The most pages that sequences can hold together. */
  public long pagesTotal() {
    return mostPages;
  }

  /**
   * Pages that a sequence of so many positions needs. Recurrent state counts as the pages that
   * would fit in its place.
   *
   * @param positions number of positions
   */
  public long pagesFor(long positions) {
    return positions == 0 ? 0 : Math.ceilDiv(positions, (long) layout.positions()) + recurrentPages;
  }

  /** The most positions that one sequence can hold. */
  public long mostPositions() {
    long pages = Math.max(0, mostPages - recurrentPages);
    return Math.min(pages, Long.MAX_VALUE / layout.positions()) * layout.positions();
  }

  /** Zeroed recurrent state of a new sequence. */
  Device.Recurrent takeRecurrent() {
    requireFree(recurrentPages);
    inUse += recurrentPages;
    return device.allocateRecurrent(layout);
  }

  Device.Recurrent copyOf(Device.Recurrent source) {
    Device.Recurrent copy = takeRecurrent();
    device.copyRecurrent(source, copy);
    return copy;
  }

  void release(Device.Recurrent state) {
    inUse -= recurrentPages;
    state.close();
  }

  private void requireFree(long pages) {
    if (inUse + pages > mostPages) {
      throw new IllegalStateException(
          "%d of %d pages are in use, %d more are needed".formatted(inUse, mostPages, pages));
    }
  }

  SharedPage take() {
    requireFree(1);
    Device.Page page = free.poll();
    SharedPage taken = new SharedPage(page == null ? device.allocatePage(layout) : page);
    inUse++;
    return taken;
  }

  SharedPage copyOf(SharedPage source) {
    SharedPage copy = take();
    device.copyPage(source.page, copy.page);
    return copy;
  }

  void release(SharedPage page) {
    if (--page.holders == 0) {
      inUse--;
      free.push(page.page);
    }
  }

  /** Frees the pages that nobody holds. */
  @Override
  public void close() {
    free.forEach(Device.Page::close);
    free.clear();
  }
}
