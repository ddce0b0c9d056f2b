// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.moe4j.Router;

/**
 * What to generate, after everything was looked up and checked.
 *
 * @param prompt the prompt's tokens
 * @param maxTokens most tokens of the answer
 * @param contextLength most positions of the sequence
 * @param endIds tokens that end the answer
 * @param stops texts that end the answer
 * @param routers gives the router of a layer, or null for the model's own
 * @param deadline how long it may take, or null
 * @param seed seed of the sampler
 * @param text turns tokens into text, or null where the model has no tokenizer
 */
public record GenerationPlan(
    ImmutableIntArray prompt,
    int maxTokens,
    int contextLength,
    Set<Integer> endIds,
    List<String> stops,
    @Nullable IntFunction<Router> routers,
    @Nullable Duration deadline,
    long seed,
    @Nullable TextStream text) {

  /** Copies the collections. */
  public GenerationPlan {
    endIds = Set.copyOf(endIds);
    stops = List.copyOf(stops);
  }
}
