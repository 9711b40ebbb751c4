// A uPlot in an element: as wide as it, and drawn anew when the colours change.
import { type RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { isLocal } from '../time'

export const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

export const tzDate = (at: number) =>
  isLocal() ? new Date(at * 1000) : uPlot.tzDate(new Date(at * 1000), 'Etc/UTC')

/** Builds anew when `shape` changes; gives the plot, for new data. */
export function useDrawn(
  holder: RefObject<HTMLDivElement>,
  shape: string,
  height: number,
  make: (width: number) => [uPlot.Options, uPlot.AlignedData],
): RefObject<uPlot> {
  const plot = useRef<uPlot | null>(null)
  useEffect(() => {
    const element = holder.current
    if (element === null) return
    const build = () => {
      plot.current?.destroy()
      plot.current = new uPlot(...make(element.clientWidth), element)
    }
    build()
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    watch.observe(element)
    const dark = matchMedia('(prefers-color-scheme: dark)')
    dark.addEventListener('change', build)
    addEventListener('themechange', build)
    return () => {
      watch.disconnect()
      dark.removeEventListener('change', build)
      removeEventListener('themechange', build)
      plot.current?.destroy()
      plot.current = null
    }
  }, [shape])
  return plot
}

/** A straight line over the plot: `y` of the y scale, or `x` of the x scale. */
export function drawLine(plot: uPlot, at: { x: number } | { y: number }, colour: string, dash: number[]) {
  const { left, top, width, height } = plot.bbox
  plot.ctx.save()
  plot.ctx.strokeStyle = colour
  plot.ctx.setLineDash(dash)
  plot.ctx.beginPath()
  if ('y' in at) {
    const y = plot.valToPos(at.y, 'y', true)
    plot.ctx.moveTo(left, y)
    plot.ctx.lineTo(left + width, y)
  } else {
    const x = plot.valToPos(at.x, 'x', true)
    if (x < left || x > left + width) return plot.ctx.restore()
    plot.ctx.moveTo(x, top)
    plot.ctx.lineTo(x, top + height)
  }
  plot.ctx.stroke()
  plot.ctx.restore()
}
