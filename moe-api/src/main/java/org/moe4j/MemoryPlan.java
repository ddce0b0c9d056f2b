// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * The memory that a model will take, known before anything is loaded: on its device, with one
 * sequence of a full context, and on the Java heap. All in bytes.
 *
 * @param device name of the device, such as {@code cpu}
 * @param contextLength tokens that the sequence may hold
 * @param cacheType how keys and values are stored
 * @param mapped the model's files, which are mapped: memory that the system takes back when it is
 *     short, so that it counts nowhere else
 * @param weights weights as the device holds them, which need not be as the file does
 * @param cache state of one sequence of {@code contextLength} tokens
 * @param available memory that weights and state may take: the limit that was asked for, or else
 *     what the device, the container or the machine has
 * @param heap activations of a step and what else is on the Java heap, at a guess
 * @param availableHeap the most that the Java heap may grow to
 */
public record MemoryPlan(
    String device,
    int contextLength,
    CacheType cacheType,
    long mapped,
    long weights,
    long cache,
    long available,
    long heap,
    long availableHeap) {

  /** Weights and the state of one sequence. */
  public long required() {
    return Math.addExact(weights, cache);
  }

  /** Whether what is required is available, on the device as on the Java heap. */
  public boolean fits() {
    return required() <= available && heap <= availableHeap;
  }
}
