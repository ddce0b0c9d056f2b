// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import java.util.List;
import java.util.function.IntPredicate;
import org.moe4j.model.ModelSpec;

/**
 * GLM-4.7-Flash in safetensors: the layers of DeepSeek-V3, of which {@code mlp_layer_types} tells
 * those with experts: all but the first where it is missing.
 *
 * @see <a href="https://huggingface.co/zai-org/GLM-4.7-Flash">GLM-4.7-Flash</a>
 */
final class Glm4MoeLite implements Family {

  @Override
  public ModelSpec map(Source source) {
    LatentRules attention = LatentRules.of(source, source.config().flag("rope_interleave", true));
    Dimensions sizes = attention.sizes();
    CorrectedExperts experts =
        CorrectedExperts.optional(
                source, sizes.hidden(), 0, (layer, parts) -> DeepSeekV3.rule(layer, parts, 1.8))
            .withSparse(sparse(source, sizes.layers()));
    return Skeleton.of(source, sizes).build(attention::build, experts::build);
  }

  private static IntPredicate sparse(Source source, int layers) {
    if (!source.config().has("mlp_layer_types")) {
      return layer -> layer > 0;
    }
    List<String> types = source.layerTypes("mlp_layer_types", layers, "dense", "sparse");
    return layer -> types.get(layer).equals("sparse");
  }
}
