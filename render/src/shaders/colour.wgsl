// The sampler of colour volumes: each channel for itself, without table, padding or slab. Follows viewport.wgsl and plan.wgsl.

// Fraction bits that interpolated channels keep.
const FRACTION_BITS: u32 = 8u;

fn texel_at(voxel: vec3<i32>) -> vec4<u32> {
    return texel_of(voxel) << vec4<u32>(FRACTION_BITS);
}

fn colour_at(taps: Taps) -> vec4<u32> {
    switch pane.how.y {
        case 1u: { return texel_at(nearest_voxel(taps)); }
        case 2u: { return cubic_colour(taps); }
        default: {}
    }
    var corners: array<vec4<u32>, 8>;
    for (var i = 0u; i < 8u; i++) {
        corners[i] = texel_at(select(taps.first, taps.second, far_taps(i)));
    }
    return blend_corners(corners, taps.weight);
}

fn cubic_colour(taps: Taps) -> vec4<u32> {
    let x = cubic_taps(taps, 0u, WEIGHT_BITS);
    let y = cubic_taps(taps, 1u, WEIGHT_BITS);
    let z = cubic_taps(taps, 2u, WEIGHT_BITS);
    var whole = vec4<i32>(0);
    for (var k = 0u; k < 4u; k++) {
        if z.weights[k] == 0 {
            continue;
        }
        var plane = vec4<i32>(0);
        for (var j = 0u; j < 4u; j++) {
            if y.weights[j] == 0 {
                continue;
            }
            var line = vec4<i32>(0);
            for (var i = 0u; i < 4u; i++) {
                if x.weights[i] != 0 {
                    line += vec4<i32>(texel_at(vec3<i32>(x.voxels[i], y.voxels[j], z.voxels[k]))) * x.weights[i];
                }
            }
            plane += round_stage(line, WEIGHT_BITS) * y.weights[j];
        }
        whole += round_stage(plane, WEIGHT_BITS) * z.weights[k];
    }
    return vec4<u32>(clamp(round_stage(whole, WEIGHT_BITS), vec4<i32>(0), vec4<i32>(0xFF << FRACTION_BITS)));
}

@fragment
fn sample_colour(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = pixel_of(position, pane.rect);
    var rgb = vec3<u32>(0u);
    if touches(p) {
        let taps = taps_at(coordinate(p, 0));
        if taps.in_gap {
            rgb = vec3<u32>(hatch(p));
        } else {
            let value = colour_at(taps).rgb;
            rgb = (value + (1u << (FRACTION_BITS - 1u))) >> vec3<u32>(FRACTION_BITS);
            if pane.how.z != 0u {
                rgb = vec3<u32>(255u) - rgb;
            }
        }
    }
    return stored(rgb);
}
