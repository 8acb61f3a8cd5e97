"""A bar chart as SVG, without a library."""

from __future__ import annotations

from .bench import Cost
from .scenario import SCENARIOS

COLOURS = {
    "corten": "#b5532a",
    "nginx": "#3d7a5a",
    "haproxy": "#3b6ea5",
    "envoy": "#8a5a9e",
    "traefik": "#5f8f97",
    "caddy": "#a88f3c",
}
WIDTH, LEFT, BAR, GAP, HEAD = 760, 150, 16, 26, 34


def svg(costs: dict[str, dict[str, Cost]]) -> str:
    """Groups of bars, one for each scenario: CPU microseconds for a request."""
    titles = {s.name: s.title for s in SCENARIOS}
    most = max(cost.cpu_us() for group in costs.values() for cost in group.values())
    scale = (WIDTH - LEFT - 70) / most
    parts, y = [], HEAD
    for name, group in costs.items():
        parts.append(text(LEFT, y + 12, titles[name], weight="bold"))
        y += 20
        for proxy, cost in group.items():
            length = cost.cpu_us() * scale
            parts.append(text(LEFT - 8, y + 12, proxy, anchor="end"))
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 3}" fill="{COLOURS[proxy]}"/>')
            parts.append(text(LEFT + length + 6, y + 11, f"{cost.cpu_us():.1f}"))
            y += BAR
        y += GAP
    heading = text(LEFT, 20, "CPU per request, µs (less is better)", weight="bold")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}" '
        'font-family="sans-serif" font-size="12">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>\n' + "\n".join([heading, *parts]) + "\n</svg>\n"
    )


def text(x: float, y: float, content: str, anchor: str = "start", weight: str = "normal") -> str:
    """One line of text."""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-weight="{weight}" fill="#222">{content}</text>'
