"""What a route that asks hospitals stands on: the gateways' way of asking."""

from typing import Annotated

from fastapi import Depends, Request

from crossread.transfers.ways import Find


def _finding(request: Request) -> Find:
    answer: Find = request.app.state.find
    return answer


Finding = Annotated[Find, Depends(_finding)]
