// SPDX-License-Identifier: Apache-2.0
package org.moe4j.device.cpu;

/** Runs the items of a loop, on one thread or on many. */
@FunctionalInterface
interface Loops {

  /**
   * Runs a loop and returns when all its items are done.
   *
   * @param count number of items
   * @param each items that are handed out together, at least 1
   * @param body what to do
   */
  void run(long count, long each, WorkerPool.Task body);
}
